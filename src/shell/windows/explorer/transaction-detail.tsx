/**
 * One transaction: what it does, where it stands, how certain that is.
 * @module
 */
import { useCallback } from "react";
import { fromHex } from "#protocol/codec/bytes.ts";
import { decodeTransaction } from "#protocol/ledger/transaction.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Client, TransactionView } from "#sdk/contract.ts";
import { whyGone } from "#sdk/standing.ts";
import { transactionWords } from "../../commands/chain-words.ts";
import { certaintyLine } from "../../commands/spending.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { useAnswer } from "../use-answer.ts";
import { Facts, RefusalNote, SameCommand, type ViewProps } from "../window-frame.tsx";

const words = text.windows.explorerWords;

interface Shown {
  readonly standing: TransactionView["standing"];
  /** What it does, a line each. */
  readonly lines: readonly string[];
}

async function load(client: Client, typed: string): Promise<Result<Shown>> {
  const id = fromHex(typed);
  if (id?.length !== 32) return rejected("invalid-argument", words.noTransaction);
  const answer = await client.transaction(id);
  if (!answer.ok) return answer;
  const { standing, bytes } = answer.value;
  if (standing.state === "dropped") return accepted({ standing, lines: [] });
  const transaction = decodeTransaction(bytes);
  return transaction.ok
    ? accepted({ standing, lines: transactionWords(transaction.value, answer.value) })
    : transaction;
}

function Standing({ standing, go }: Pick<Shown, "standing"> & Pick<ViewProps, "go">) {
  if (standing.state === "dropped") return <p>{sanitise(whyGone(words.lost, standing))}</p>;
  if (standing.state === "pending") return <p>{words.waits}</p>;
  return (
    <>
      <p>
        {words.inBlock}{" "}
        <button type="button" className="link" onClick={() => go(`block/${standing.height}`)}>
          {standing.height}
        </button>
        {words.confirmed(standing.confirmations)}
      </p>
      <p>{certaintyLine(standing)}</p>
    </>
  );
}

/** The view. */
export function TransactionDetail({ client, go, id }: ViewProps & { readonly id: string }) {
  const ask = useCallback(() => load(client, id), [client, id]);
  const { value, refusal } = useAnswer(client, ask, ["head", "finality", "transaction"]);
  // A link's words that are no id are not repeated: they could look like ours, or like a command to type.
  const isId = fromHex(id)?.length === 32;
  return (
    <>
      <h3>{words.transactionTitle}</h3>
      {isId ? <Facts rows={[[words.id, <code key="id">{id}</code>]]} /> : null}
      <RefusalNote message={refusal?.message ?? null} />
      {value === null ? null : (
        <>
          <pre>{value.lines.join("\n")}</pre>
          <Standing standing={value.standing} go={go} />
        </>
      )}
      {isId ? <SameCommand command={`tx ${id}`} /> : null}
    </>
  );
}
