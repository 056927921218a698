/**
 * Blocks, newest first.
 * @module
 */
import { useCallback } from "react";
import { accepted } from "#protocol/result.ts";
import type { BlockSummary } from "#sdk/contract.ts";
import { bytes, duration, short } from "../../format.ts";
import { text } from "../../text.ts";
import { DataTable } from "../data-table.tsx";
import { useAnswer } from "../use-answer.ts";
import { RefusalNote, SameCommand, type ViewProps } from "../window-frame.tsx";

const words = text.windows.explorerWords;

/** Blocks of one page. */
const pageBlocks = 20;

/** Ages are told anew so often. */
const renewEveryMs = 5_000;

interface RowProps {
  readonly block: BlockSummary;
  readonly final: boolean;
  readonly nowMs: number;
  readonly go: (at: string) => void;
}

function Row({ block, final, nowMs, go }: RowProps) {
  return (
    <tr>
      <th scope="row">
        <button type="button" className="link" onClick={() => go(`block/${block.height}`)}>
          {block.height}
        </button>
      </th>
      <td>
        <code>{short(block.hash)}</code>
      </td>
      <td>{duration(nowMs - block.timeMs)}</td>
      <td className="number">{block.transactions}</td>
      <td className="number">{bytes(block.sizeBytes)}</td>
      <td>{[final ? words.final : "", block.own ? words.own : ""].filter((word) => word !== "").join(", ")}</td>
    </tr>
  );
}

/** The list; `before`: only blocks below that height. */
export function BlockList({ client, environment, go, before }: ViewProps & { readonly before: number | null }) {
  const ask = useCallback(async () => {
    const query = { limit: pageBlocks, ...(before === null ? {} : { before }) };
    const [blocks, status] = await Promise.all([client.blocks(query), client.status()]);
    if (!blocks.ok) return blocks;
    const finalised = status.ok ? (status.value.finalisedHeight ?? -1) : -1;
    return accepted({ blocks: blocks.value, finalised });
  }, [client, before]);
  const { value, refusal } = useAnswer(client, ask, ["head", "finality"], renewEveryMs);
  const nowMs = environment.nowMs();
  const lowest = value?.blocks.at(-1)?.height ?? 0;
  return (
    <>
      <RefusalNote message={refusal?.message ?? null} />
      {value === null ? (
        <p role="status">{text.windows.loading}</p>
      ) : (
        <DataTable caption={before === null ? words.newestCaption : words.olderCaption(before)} columns={words.columns}>
          {value.blocks.map((block) => (
            <Row key={block.height} {...{ block, nowMs, go }} final={block.height <= value.finalised} />
          ))}
        </DataTable>
      )}
      {lowest > 0 ? (
        <button type="button" className="link" onClick={() => go(`before/${lowest}`)}>
          {words.older}
        </button>
      ) : null}
      <SameCommand command="blocks" />
    </>
  );
}
