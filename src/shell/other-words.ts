/**
 * Words that people know from other shells and wallets, with what does the same here.
 * @module
 */

const does = (line: string): string => `\`${line}\` does that here.`;

const folders = "Files need no folders: a name may hold a /, as in `echo hello > notes/today.txt`.";
const leaving = "To leave, close this tab; `id lock` locks your keys.";
const flow =
  "There are no loops and branches here: `&&` goes on after what succeeded, `||` after what failed, and `sh FILE` runs a file's lines until one fails.";
const editing = "`echo WORDS > FILE` writes a file, `>>` adds to one, `cat - > FILE` takes one from your device.";

/** What to say to who types such a word. */
export const otherWords: ReadonlyMap<string, string> = new Map([
  ...["unlock", "login", "signin"].map((word) => [word, does("id unlock")] as const),
  ...["lock"].map((word) => [word, does("id lock")] as const),
  ...["whoami", "address", "receive", "me"].map((word) => [word, does("id show")] as const),
  ...["request", "invoice", "bill"].map(
    (word) => [word, "`id address` shows the address that others pay to; tell them the amount yourself."] as const,
  ),
  ...["signup", "register", "keygen"].map((word) => [word, does("id new")] as const),
  ...["restore", "import"].map((word) => [word, does("id restore")] as const),
  ...["recover", "guardians", "shamir"].map(
    (word) =>
      [word, "`id restore` takes your words or a backup file; `recovery` takes shares of people you trust."] as const,
  ),
  ...["passwd", "password"].map((word) => [word, does("id passphrase")] as const),
  ...["seed", "mnemonic", "backup"].map((word) => [word, does("id phrase")] as const),
  ...["cred", "credentials", "badge", "attest"].map((word) => [word, does("credential list")] as const),
  ...["send", "transfer"].map((word) => [word, does("pay DID AMOUNT")] as const),
  ...["message", "msg", "dm", "chat", "tell", "write"].map((word) => [word, does("send-msg DID WORDS")] as const),
  ...["mail", "messages", "mailbox"].map((word) => [word, does("inbox")] as const),
  ...["contacts", "addressbook", "people", "alias", "friend"].map((word) => [word, does("contact")] as const),
  ...["tutorial", "intro", "guide"].map((word) => [word, does("tour")] as const),
  ...["claim", "airdrop", "drip"].map((word) => [word, does("faucet")] as const),
  ...["wallet", "coins", "funds"].map((word) => [word, does("balance")] as const),
  ...["mine", "mining", "miner"].map((word) => [word, does("role produce on")] as const),
  ...["node", "info", "uptime", "sync"].map((word) => [word, does("status")] as const),
  ...["who", "ping", "connections", "netstat"].map((word) => [word, does("peers")] as const),
  ...["top", "htop"].map((word) => [word, does("activity")] as const),
  ...["dir", "ll", "find"].map((word) => [word, does("ls")] as const),
  ...["more", "less", "type", "head", "tail"].map((word) => [word, does("cat FILE")] as const),
  ...["del", "delete", "unlink"].map((word) => [word, does("rm FILE")] as const),
  ...["download"].map((word) => [word, does("save FILE")] as const),
  ...["upload"].map(
    (word) => [word, "`cat - > FILE` takes a file of your device in, `put FILE` keeps one among peers."] as const,
  ),
  ...["send-file", "sendfile"].map((word) => [word, does("share FILE")] as const),
  ...["host", "serve"].map((word) => [word, does("publish FILE")] as const),
  ...["fetch", "download-link"].map((word) => [word, does("get LINK")] as const),
  ...["cp", "copy"].map((word) => [word, does("cat FILE > OTHER")] as const),
  ...["mv", "move", "rename"].map((word) => [word, does("cat FILE > OTHER && rm FILE")] as const),
  ...["touch"].map((word) => [word, editing] as const),
  ...["nano", "vi", "vim", "editor", "pad"].map((word) => [word, does("edit NAME")] as const),
  ...["cd", "pwd", "mkdir", "rmdir"].map((word) => [word, folders] as const),
  ...["exec", "wasm"].map((word) => [word, does("run PROGRAM")] as const),
  ...["source", "bash"].map((word) => [word, does("sh FILE")] as const),
  ...["export", "env", "let"].map((word) => [word, "`NAME=VALUE` sets a variable, `set` lists them."] as const),
  ...["for", "while", "until", "if", "then", "else", "elif", "fi", "do", "done", "case", "esac"].map(
    (word) => [word, flow] as const,
  ),
  ...["sudo", "su", "doas"].map(
    (word) =>
      [word, "Nobody stands above you here: type the command alone. What changes something asks you first."] as const,
  ),
  ...["watch"].map(
    (word) =>
      [word, "Windows show what changes: `open activity`, `open network`, `open explorer`, `open wallet`."] as const,
  ),
  ...["tee"].map((word) => [word, "`> FILE` keeps what a command gives out; `cat FILE` shows it afterwards."] as const),
  ...["bg"].map((word) => [word, "A line that ends in & runs behind the prompt, and Ctrl-Z sends one there."] as const),
  ...["cls", "reset"].map((word) => [word, does("clear")] as const),
  ...["?", "commands"].map((word) => [word, does("help")] as const),
  ...["exit", "quit", "logout", "bye"].map((word) => [word, leaving] as const),
]);
