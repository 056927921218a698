/**
 * One block: its facts and its transactions.
 * @module
 */
import { useCallback } from "react";
import { toHex } from "#protocol/codec/bytes.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import { transactionId } from "#protocol/ledger/transaction.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { blockIdOf, blockRows } from "../../commands/chain-words.ts";
import { short } from "../../format.ts";
import { text } from "../../text.ts";
import { useAnswer } from "../use-answer.ts";
import { Facts, RefusalNote, SameCommand, type ViewProps } from "../window-frame.tsx";

const words = text.windows.explorerWords;

interface Shown {
  readonly height: number;
  readonly rows: readonly (readonly [name: string, fact: string])[];
  readonly transactions: readonly { readonly id: Uint8Array; readonly type: string }[];
}

async function load(client: Client, typed: string): Promise<Result<Shown>> {
  const id = blockIdOf(typed);
  if (!id.ok) return id;
  const answer = await client.block(id.value);
  if (!answer.ok) return answer;
  const block = decodeBlock(answer.value.bytes);
  if (!block.ok) return block;
  const transactions = block.value.transactions.map((transaction) => ({
    id: transactionId(transaction),
    type: transaction.command.type,
  }));
  return accepted({ height: answer.value.height, rows: blockRows(answer.value, block.value), transactions });
}

/** The view. */
export function BlockDetail({ client, go, id }: ViewProps & { readonly id: string }) {
  const ask = useCallback(() => load(client, id), [client, id]);
  const { value, refusal } = useAnswer(client, ask, ["head", "finality"]);
  return (
    <>
      <RefusalNote message={refusal?.message ?? null} />
      {value === null ? null : (
        <>
          <h3>{words.blockTitle(value.height)}</h3>
          <p className="row">
            <button type="button" disabled={value.height === 0} onClick={() => go(`block/${value.height - 1}`)}>
              {words.before}
            </button>
            <button type="button" onClick={() => go(`block/${value.height + 1}`)}>
              {words.after}
            </button>
          </p>
          <Facts rows={value.rows} />
          <ul className="plain">
            {value.transactions.map((transaction) => (
              <li key={toHex(transaction.id)}>
                <button type="button" className="link" onClick={() => go(`tx/${toHex(transaction.id)}`)}>
                  {short(transaction.id)}
                </button>{" "}
                {transaction.type}
              </li>
            ))}
          </ul>
        </>
      )}
      {/* What a link named, and is no block, is shown to nobody as a command. */}
      {blockIdOf(id).ok ? <SameCommand command={`block ${id}`} /> : null}
    </>
  );
}
