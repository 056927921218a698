/**
 * A file being written: its pieces are in the database, where nobody sees them until its entry names them.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type HomeDraft, homeLimits, pathProblem } from "#sdk/home-files.ts";
import { allOrNone, type Draft, type HomeDatabase, homePieces } from "./database.ts";

const { pieceBytes } = homeLimits;

const cleared = rejected(
  "storage-unavailable",
  "What was written so far was cleared away meanwhile. Your files are as they were; try again.",
);

/** See {@link HomeDraft}. */
export class WrittenDraft implements HomeDraft {
  private readonly database: HomeDatabase;
  private readonly nowMs: () => number;
  private readonly release: () => void;
  private draft: Draft;
  /** What does not fill a piece yet. */
  private readonly rest = new Uint8Array(pieceBytes);
  private restBytes = 0;
  private isOver = false;

  constructor(database: HomeDatabase, draft: Draft, nowMs: () => number, release: () => void) {
    this.database = database;
    this.draft = draft;
    this.nowMs = nowMs;
    this.release = release;
  }

  get sizeBytes(): number {
    return this.draft.sizeBytes + this.restBytes;
  }

  async append(bytes: Uint8Array): Promise<Result<void>> {
    if (this.isOver) return cleared;
    if (this.sizeBytes + bytes.length > homeLimits.fileBytes)
      return rejected("storage-full", `A file has at most ${homeLimits.fileBytes / 2 ** 30} GiB. Nothing was kept.`);
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + pieceBytes - this.restBytes);
      at += part.length;
      // What comes as whole pieces is not copied once more.
      const isPiece = part.length === pieceBytes;
      if (!isPiece) this.rest.set(part, this.restBytes);
      if (!isPiece && this.restBytes + part.length < pieceBytes) {
        this.restBytes += part.length;
        continue;
      }
      const kept = await this.keepPiece(isPiece ? part : this.rest);
      if (!kept.ok) return kept;
      this.restBytes = 0;
    }
    return accepted(undefined);
  }

  async finish(path: string, over: "what is there" | "nothing"): Promise<Result<void>> {
    const problem = pathProblem(path);
    if (problem !== null) return rejected("invalid-argument", problem);
    const { contentId } = this.draft;
    const finished = await this.database.with<void>(async (database) => {
      const transaction = database.transaction(["entries", "pieces", "drafts"], "readwrite", { durability: "strict" });
      const [entries, pieces] = [transaction.objectStore("entries"), transaction.objectStore("pieces")];
      const drafts = transaction.objectStore("drafts");
      if ((await drafts.get(contentId))?.sizeBytes !== this.draft.sizeBytes) return cleared;
      const before = await entries.get(path);
      if (before !== undefined && over === "nothing")
        return rejected("invalid-argument", `There is a file ${path} already. It was not changed.`);
      if (before === undefined && (await entries.count()) >= homeLimits.files)
        return rejected("storage-full", `There are at most ${homeLimits.files} files; \`rm\` deletes some.`);
      const { sizeBytes } = this;
      await allOrNone(transaction, (changes) => {
        if (before !== undefined) changes.push(pieces.delete(homePieces(before.contentId)));
        if (this.restBytes > 0) {
          const last = this.rest.slice(0, this.restBytes);
          changes.push(pieces.put(last, [contentId, this.draft.sizeBytes / pieceBytes]));
        }
        changes.push(entries.put({ path, sizeBytes, changedMs: this.nowMs(), contentId }, path));
        changes.push(drafts.delete(contentId));
      });
      return accepted(undefined);
    });
    if (finished.ok) this.end();
    return finished;
  }

  async leave(): Promise<void> {
    const { tag, sizeBytes } = this.draft;
    if (tag === null || sizeBytes === 0) return this.discard();
    if (!this.isOver) this.end();
  }

  async discard(): Promise<void> {
    if (this.isOver) return;
    const { contentId } = this.draft;
    // What cannot be deleted now is at the next start.
    await this.database.with(async (database) => {
      const transaction = database.transaction(["pieces", "drafts"], "readwrite");
      await Promise.all([
        transaction.objectStore("pieces").delete(homePieces(contentId)),
        transaction.objectStore("drafts").delete(contentId),
        transaction.done,
      ]);
      return accepted(undefined);
    });
    this.end();
  }

  private end(): void {
    this.isOver = true;
    this.release();
  }

  private async keepPiece(piece: Uint8Array): Promise<Result<void>> {
    const { contentId, sizeBytes } = this.draft;
    const next: Draft = { ...this.draft, sizeBytes: sizeBytes + pieceBytes, touchedMs: this.nowMs() };
    const kept = await this.database.with<void>(async (database) => {
      const transaction = database.transaction(["pieces", "drafts"], "readwrite", { durability: "strict" });
      const drafts = transaction.objectStore("drafts");
      if ((await drafts.get(contentId))?.sizeBytes !== sizeBytes) return cleared;
      // The database takes a copy of the whole buffer that an array is a view of.
      const whole = piece.length === piece.buffer.byteLength ? piece : piece.slice();
      await Promise.all([
        transaction.objectStore("pieces").put(whole, [contentId, sizeBytes / pieceBytes]),
        drafts.put(next, contentId),
        transaction.done,
      ]);
      return accepted(undefined);
    });
    if (kept.ok) this.draft = next;
    return kept;
  }
}
