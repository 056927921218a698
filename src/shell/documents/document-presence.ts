/**
 * Who is in a document and where, as Yjs's editors know it. What others say of themselves is cut down to a cursor; whom it
 * belongs to is known from who signed it.
 * @module
 */
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  modifyAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import type * as Y from "yjs";

/** How somebody is shown. */
export interface Shown {
  readonly name: string;
  readonly color: string;
  readonly colorLight: string;
}

/** Colours of cursors: dark enough to be seen on a light ground, light enough on a dark one, told apart by name besides. */
const colours = ["#0b7285", "#a61e4d", "#5f3dc4", "#2b8a3e", "#b35900", "#1864ab"] as const;

/** A colour that is always the same person's. */
export function shownAs(did: string, name: string): Shown {
  let sum = 0;
  for (const letter of did) sum = (31 * sum + letter.charCodeAt(0)) >>> 0;
  const color = colours[sum % colours.length] as string;
  return { name, color, colorLight: `${color}33` };
}

/** A place in the text as Yjs finds it: before what stands there, or at the end. */
interface TextPlace {
  readonly type: null;
  readonly tname: string | null;
  readonly item: { readonly client: number; readonly clock: number } | null;
  readonly assoc: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** What somebody says is a place, with every field that Yjs looks at: one that were missing would end the editor's cursors. */
function placeOf(said: unknown): TextPlace | null {
  if (said === null || typeof said !== "object") return null;
  const { item, tname, assoc } = said as { item?: unknown; tname?: unknown; assoc?: unknown };
  const side = assoc === -1 ? -1 : 0;
  if (item === null || item === undefined)
    return tname === "text" ? { type: null, tname, item: null, assoc: side } : null;
  const { client, clock } = item as { client?: unknown; clock?: unknown };
  return isCount(client) && isCount(clock) ? { type: null, tname: null, item: { client, clock }, assoc: side } : null;
}

/** Where somebody's cursor is, if that is what they say. */
function cursorOf(state: unknown): { readonly anchor: TextPlace; readonly head: TextPlace } | null {
  const cursor = (state as { cursor?: { anchor?: unknown; head?: unknown } } | null)?.cursor;
  const [anchor, head] = [placeOf(cursor?.anchor), placeOf(cursor?.head)];
  return anchor === null || head === null ? null : { anchor, head };
}

/** Where people are in one document. */
export class DocumentPresences {
  readonly awareness: Awareness;
  /** Whose the clients of other people are. */
  private readonly owners = new Map<number, string>();

  constructor(doc: Y.Doc, self: Shown, onChange: (isOwn: boolean) => void) {
    this.awareness = new Awareness(doc);
    this.awareness.setLocalStateField("user", self);
    this.awareness.on("update", (_changes: unknown, origin: unknown) => onChange(origin === "local"));
  }

  /** What is told others of one's own place. */
  own(): Uint8Array {
    return encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]);
  }

  /** Takes what somebody has told; false if it is of no use. Never throws on foreign bytes. */
  take(from: string, state: Uint8Array, shown: Shown): boolean {
    // One client at a time: what each tab of ours says.
    if (state[0] !== 1) return false;
    try {
      let client = -1;
      const safe = modifyAwarenessUpdate(state, (said: unknown) =>
        said === null ? null : { user: shown, cursor: cursorOf(said) },
      );
      const before = new Set(this.awareness.getStates().keys());
      const note = ({ added, updated }: { added: number[]; updated: number[] }): void => {
        client = added[0] ?? updated[0] ?? -1;
      };
      this.awareness.once("update", note);
      applyAwarenessUpdate(this.awareness, safe, "remote");
      this.awareness.off("update", note);
      if (client < 0) return true;
      if (client === this.awareness.clientID) return false;
      const owner = this.owners.get(client);
      if (before.has(client) && owner !== undefined && owner !== from)
        removeAwarenessStates(this.awareness, [client], "remote");
      this.owners.set(client, from);
      return true;
    } catch {
      return false;
    }
  }

  /** Addresses of the others who are here now, each once. */
  people(): readonly string[] {
    const here = [...this.awareness.getStates().keys()].filter((client) => client !== this.awareness.clientID);
    return [...new Set(here.flatMap((client) => this.owners.get(client) ?? []))];
  }

  /** One is here no more: what is to be told of that. */
  leave(): Uint8Array {
    this.awareness.setLocalState(null);
    return this.own();
  }

  /** Nothing is told any more. */
  end(): void {
    this.awareness.destroy();
  }
}
