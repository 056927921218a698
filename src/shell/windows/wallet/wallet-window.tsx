/**
 * The wallet: what there is, where to be paid, a form to pay. Whatever needs a passphrase or a consent is typed into the
 * terminal and asked there.
 * @module
 */
import { useCallback, useState } from "react";
import { accepted, type Result } from "#protocol/result.ts";
import type { Client, CoinsView, VaultStatus } from "#sdk/contract.ts";
import { formatAmount, sumNano } from "#wallet/amount.ts";
import { isAddressShown } from "../../commands/backup.ts";
import { text } from "../../text.ts";
import { CoinList } from "../explorer/address-view.tsx";
import { useAnswer } from "../use-answer.ts";
import { Facts, RefusalNote, SameCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";
import { PaymentForm } from "./payment-form.tsx";

const words = text.windows.walletWords;

/** The vault tells nobody when it is opened or locked. */
const renewEveryMs = 2_000;

interface Holdings {
  readonly vault: VaultStatus;
  readonly network: "dev" | "main";
  /** Null while there is no key. */
  readonly coins: CoinsView | null;
}

async function load(client: Client): Promise<Result<Holdings>> {
  const [vault, status] = await Promise.all([client.vaultStatus(), client.status()]);
  if (!vault.ok) return vault;
  if (!status.ok) return status;
  const { network } = status.value;
  if (vault.value.keyHash === null) return accepted({ vault: vault.value, network, coins: null });
  const coins = await client.coins(vault.value.keyHash);
  return coins.ok ? accepted({ vault: vault.value, network, coins: coins.value }) : coins;
}

function Address({ did }: { readonly did: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <>
      <h3>{words.receive}</h3>
      <p>
        <code>{did}</code>
      </p>
      <button
        type="button"
        onClick={() =>
          void navigator.clipboard.writeText(did).then(
            () => setCopied(true),
            () => setCopied(false),
          )
        }
      >
        {words.copy}
      </button>{" "}
      <span role="status">{copied ? words.copied : ""}</span>
    </>
  );
}

function AddressWaits({ enter }: Pick<WindowProps, "enter">) {
  return (
    <>
      <h3>{words.receive}</h3>
      <p>{words.addressWaits}</p>
      <button type="button" onClick={() => enter("id drill")}>
        {words.drill} <code>id drill</code>
      </button>
    </>
  );
}

function Sums({ coins }: { readonly coins: CoinsView }) {
  return (
    <Facts
      rows={[
        [words.available, <strong key="sum">{formatAmount(sumNano(coins.coins))} AETH</strong>],
        [words.arriving, `${formatAmount(coins.pendingNano)} AETH`],
        [words.leaving, `${formatAmount(sumNano(coins.beingSpent))} AETH`],
      ]}
    />
  );
}

function Contents({ vault, network, coins, enter }: Holdings & Pick<WindowProps, "enter">) {
  if (coins === null || vault.did === null) {
    return (
      <>
        <p>{words.noKeys}</p>
        <button type="button" className="start" onClick={() => enter("id new")}>
          {words.makeKeys} <code>id new</code>
        </button>
      </>
    );
  }
  return (
    <>
      <Sums coins={coins} />
      <p>{vault.unlocked ? words.unlocked : words.locked}</p>
      {network === "dev" ? (
        <button type="button" onClick={() => enter("faucet")}>
          {words.faucet} <code>faucet</code>
        </button>
      ) : null}
      {isAddressShown(vault) ? <Address did={vault.did} /> : <AddressWaits enter={enter} />}
      <PaymentForm enter={enter} />
      <h3>{words.coins}</h3>
      {coins.coins.length === 0 ? <p>{words.noCoins}</p> : null}
    </>
  );
}

/** The window. */
export function WalletWindow({ client, enter, goTo, onClose }: WindowProps) {
  const ask = useCallback(() => load(client), [client]);
  const { value, refusal } = useAnswer(client, ask, ["head", "transaction"], renewEveryMs);
  return (
    <WindowFrame name="wallet" busy={value === null} onClose={onClose}>
      <RefusalNote message={refusal?.message ?? null} />
      {value === null ? null : (
        <>
          <Contents {...value} enter={enter} />
          {value.coins === null ? null : <CoinList coins={value.coins.coins} go={(at) => goTo("explorer", at)} />}
        </>
      )}
      <SameCommand command="balance" />
    </WindowFrame>
  );
}
