/**
 * What `man` says of each command, by name: apart from the commands, so that a page that only runs them need not load it.
 * @module
 */
import { manuals as activity } from "./texts/activity.ts";
import { manuals as appearance } from "./texts/appearance.ts";
import { manuals as archives } from "./texts/archives.ts";
import { manuals as budget } from "./texts/budget.ts";
import { manuals as chain } from "./texts/chain.ts";
import { manuals as contacts } from "./texts/contacts.ts";
import { manuals as credentials } from "./texts/credentials.ts";
import { manuals as documents } from "./texts/documents.ts";
import { manuals as fileLists } from "./texts/file-lists.ts";
import { manuals as files } from "./texts/files.ts";
import { manuals as finality } from "./texts/finality.ts";
import { manuals as grants } from "./texts/grants.ts";
import { manuals as hardware } from "./texts/hardware.ts";
import { manuals as help } from "./texts/help.ts";
import { manuals as identity } from "./texts/identity.ts";
import { manuals as installed } from "./texts/installed.ts";
import { manuals as ipfs } from "./texts/ipfs.ts";
import { manuals as keptFiles } from "./texts/kept-files.ts";
import { manuals as mail } from "./texts/mail.ts";
import { manuals as memory } from "./texts/memory.ts";
import { manuals as money } from "./texts/money.ts";
import { manuals as pairing } from "./texts/pairing.ts";
import { manuals as processes } from "./texts/processes.ts";
import { manuals as proofs } from "./texts/proofs.ts";
import { manuals as receipts } from "./texts/receipts.ts";
import { manuals as recovery } from "./texts/recovery.ts";
import { manuals as rerun } from "./texts/rerun.ts";
import { manuals as run } from "./texts/run.ts";
import { manuals as scripts } from "./texts/scripts.ts";
import { manuals as sharedFiles } from "./texts/shared-files.ts";
import { manuals as spaces } from "./texts/spaces.ts";
import { manuals as stake } from "./texts/stake.ts";
import { manuals as system } from "./texts/system.ts";
import { manuals as tour } from "./texts/tour.ts";
import { manuals as windows } from "./texts/windows.ts";

/** Manuals of all commands, by their names. */
export const manualTexts: Readonly<Record<string, string>> = {
  ...activity,
  ...appearance,
  ...archives,
  ...budget,
  ...chain,
  ...contacts,
  ...credentials,
  ...documents,
  ...fileLists,
  ...files,
  ...finality,
  ...grants,
  ...hardware,
  ...help,
  ...identity,
  ...installed,
  ...ipfs,
  ...keptFiles,
  ...mail,
  ...memory,
  ...money,
  ...pairing,
  ...processes,
  ...proofs,
  ...receipts,
  ...recovery,
  ...rerun,
  ...run,
  ...scripts,
  ...sharedFiles,
  ...spaces,
  ...stake,
  ...system,
  ...tour,
  ...windows,
};
