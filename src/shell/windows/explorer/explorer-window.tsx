/**
 * The explorer: the newest blocks, one block, one transaction, what an address has; and a field to find them.
 * @module
 */
import { type FormEvent, useState } from "react";
import { text } from "../../text.ts";
import { RefusalNote, type ViewProps, WindowFrame, type WindowProps } from "../window-frame.tsx";
import { AddressView } from "./address-view.tsx";
import { BlockDetail } from "./block-detail.tsx";
import { BlockList } from "./block-list.tsx";
import { find } from "./find.ts";
import { TransactionDetail } from "./transaction-detail.tsx";

const words = text.windows.explorerWords;

function Search({ client, go }: ViewProps) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const search = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget).get("words");
    void find(client, String(typed ?? "")).then((found) => {
      setRefusal(found.ok ? null : found.message);
      if (found.ok) go(found.value);
    });
  };
  return (
    <search>
      <form onSubmit={search}>
        <label htmlFor="explorer-words">{words.find}</label>
        <div className="row">
          <input id="explorer-words" name="words" autoComplete="off" autoCapitalize="off" spellCheck={false} />
          <button type="submit">{words.search}</button>
        </div>
        <RefusalNote message={refusal} />
      </form>
    </search>
  );
}

function View({ at, ...props }: ViewProps & { readonly at: string }) {
  const [kind, id = ""] = at.split("/");
  switch (kind) {
    case "block":
      return <BlockDetail {...props} id={id} />;
    case "tx":
      return <TransactionDetail {...props} id={id} />;
    case "address":
      return <AddressView {...props} did={id} />;
    default:
      return <BlockList {...props} before={kind === "before" && /^\d{1,12}$/.test(id) ? Number(id) : null} />;
  }
}

/** The window. */
export function ExplorerWindow({ client, environment, at, go, onClose }: WindowProps) {
  const props = { client, environment, go };
  return (
    <WindowFrame name="explorer" busy={false} onClose={onClose}>
      <Search {...props} />
      {at === "" ? null : (
        <button type="button" className="link" onClick={() => go("")}>
          {words.newest}
        </button>
      )}
      <View {...props} at={at} />
    </WindowFrame>
  );
}
