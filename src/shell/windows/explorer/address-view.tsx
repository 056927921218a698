/**
 * What an address has: its coins, each with the transaction that made it.
 * @module
 */
import { useCallback } from "react";
import { didOf, publicKeyOfDid } from "#identity/did.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { accepted } from "#protocol/result.ts";
import type { CoinView } from "#sdk/contract.ts";
import { formatAmount, sumNano } from "#wallet/amount.ts";
import { findPerson, marked } from "../../contacts.ts";
import { short } from "../../format.ts";
import { text } from "../../text.ts";
import { useAnswer } from "../use-answer.ts";
import { Facts, RefusalNote, type ViewProps } from "../window-frame.tsx";

const words = text.windows.explorerWords;

/** So many coins are listed; the sum counts all. */
const shownCoins = 50;

/** Coins, each with a way to the transaction that made it. */
export function CoinList({ coins, go }: { readonly coins: readonly CoinView[] } & Pick<ViewProps, "go">) {
  return (
    <>
      <ul className="plain">
        {coins.slice(0, shownCoins).map(({ txId, index, amountNano, height }) => (
          <li key={`${toHex(txId)}:${index}`}>
            {formatAmount(amountNano)} AETH, {words.sinceBlock(height)}{" "}
            <button type="button" className="link" onClick={() => go(`tx/${toHex(txId)}`)}>
              {short(txId)}:{index}
            </button>
          </li>
        ))}
      </ul>
      {coins.length > shownCoins ? <p>{words.moreCoins(coins.length - shownCoins)}</p> : null}
    </>
  );
}

/** The view. */
export function AddressView({ client, go, did }: ViewProps & { readonly did: string }) {
  const ask = useCallback(async () => {
    // A link may bring anything, and names are only for who typed them.
    const key = publicKeyOfDid(did);
    if (!key.ok) return key;
    const keyHash = keyHashOf(key.value);
    const [coins, person, standing] = await Promise.all([
      client.coins(keyHash),
      findPerson(client, did),
      client.succession(keyHash),
    ]);
    const successor = standing.ok ? standing.value.successor : null;
    return coins.ok ? accepted({ ...coins.value, name: person.ok ? person.value.name : null, successor }) : coins;
  }, [client, did]);
  const { value, refusal } = useAnswer(client, ask, ["head", "transaction"]);
  return (
    <>
      <h3>{words.addressTitle}</h3>
      {/* A link's words that are no address are not repeated: they could look like ours. */}
      {publicKeyOfDid(did).ok ? (
        <p>
          {value?.name == null ? null : <bdi>{marked(value.name)} </bdi>}
          <code>{did}</code>
        </p>
      ) : null}
      <RefusalNote message={refusal?.message ?? null} />
      {value === null ? null : (
        <>
          <Facts
            rows={[
              [words.has, `${formatAmount(sumNano(value.coins))} AETH`],
              [words.arriving, `${formatAmount(value.pendingNano)} AETH`],
              ...(value.successor === null ? [] : [[words.replacedBy, didOf(value.successor)] as const]),
            ]}
          />
          <CoinList coins={value.coins} go={go} />
        </>
      )}
    </>
  );
}
