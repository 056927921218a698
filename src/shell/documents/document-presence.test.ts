/** What people say of where they are is cut down to what an editor can show. */
import { describe, expect, it } from "vitest";
import { Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { DocumentPresences, shownAs } from "./document-presence.ts";

/** What a reader has of another's cursor. */
function cursorHeard(cursor: unknown, written = "some text") {
  const [own, other] = [new Y.Doc(), new Y.Doc()];
  other.getText("text").insert(0, written);
  Y.applyUpdate(own, Y.encodeStateAsUpdate(other));
  const awareness = new Awareness(other);
  const text = other.getText("text");
  const at = (index: number) => Y.createRelativePositionFromTypeIndex(text, index);
  awareness.setLocalState({ cursor: typeof cursor === "number" ? { anchor: at(cursor), head: at(cursor) } : cursor });
  const presences = new DocumentPresences(own, shownAs("did:key:a", "ann"), () => undefined);
  presences.take("did:key:b", encodeAwarenessUpdate(awareness, [other.clientID]), shownAs("did:key:b", "bob"));
  const heard = presences.awareness.getStates().get(other.clientID)?.cursor ?? null;
  // As the editor does it.
  const found = heard === null ? null : Y.createAbsolutePositionFromRelativePosition(heard.head, own);
  presences.end();
  awareness.destroy();
  return found?.index ?? null;
}

describe("a cursor", () => {
  it("is where it was set: within the text, at its end, and in an empty one", () => {
    expect([cursorHeard(0), cursorHeard(4), cursorHeard(9), cursorHeard(0, "")]).toEqual([0, 4, 9, 0]);
  });

  it("that is none is not shown, and harms nothing", () => {
    const places = [null, {}, { item: {} }, { item: 7 }, { tname: "members" }, { item: { client: "x", clock: 0 } }, 5];
    for (const place of places) expect(cursorHeard({ anchor: place, head: place }), JSON.stringify(place)).toBeNull();
    expect(
      cursorHeard({ anchor: { item: { client: 1, clock: 9 } }, head: { item: { client: 1, clock: 9 } } }),
    ).toBeNull();
    for (const cursor of ["x", {}, []]) expect(cursorHeard(cursor)).toBeNull();
  });
});
