/**
 * The wallet: what there is, where to be paid, a form to pay. Whatever needs a passphrase or a consent is typed into the
 * terminal and asked there.
 * @module
 */
import { useCallback, useState } from "react";
import { accepted, type Result } from "#protocol/result.ts";
import type { Client, CoinsView, ContactView, VaultStatus } from "#sdk/contract.ts";
import { formatAmount, sumNano } from "#wallet/amount.ts";
import { isAddressShown } from "../../commands/backup.ts";
import { contactsOf, marked } from "../../contacts.ts";
import { text } from "../../text.ts";
import { CoinList } from "../explorer/address-view.tsx";
import { useAnswer } from "../use-answer.ts";
import { Facts, RefusalNote, SameCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";
import { PaymentForm } from "./payment-form.tsx";

const words = text.windows.walletWords;

/** What may change what it shows. */
const renewing = ["head", "transaction", "vault"] as const;

interface Holdings {
  readonly vault: VaultStatus;
  readonly network: "dev" | "main";
  /** Null while there is no key. */
  readonly coins: CoinsView | null;
  /** None while the vault is locked. */
  readonly contacts: readonly ContactView[];
}

async function load(client: Client): Promise<Result<Holdings>> {
  const [vault, status] = await Promise.all([client.vaultStatus(), client.status()]);
  if (!vault.ok) return vault;
  if (!status.ok) return status;
  const { network } = status.value;
  if (vault.value.keyHash === null) return accepted({ vault: vault.value, network, coins: null, contacts: [] });
  const [coins, contacts] = await Promise.all([client.coins(vault.value.keyHash), contactsOf(client)]);
  return coins.ok ? accepted({ vault: vault.value, network, coins: coins.value, contacts }) : coins;
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

/** Names never stand alone: what is paid is the address. */
function Names({
  contacts,
  unlocked,
  goTo,
}: Pick<Holdings, "contacts"> & Pick<WindowProps, "goTo"> & { readonly unlocked: boolean }) {
  return (
    <>
      <h3>{words.names}</h3>
      {contacts.length === 0 ? <p>{unlocked ? words.noNames : words.namesLocked}</p> : null}
      <ul className="plain">
        {contacts.map(({ name, did }) => (
          <li key={name}>
            <button type="button" className="link" onClick={() => goTo("explorer", `address/${did}`)}>
              <bdi>{marked(name)}</bdi>
            </button>{" "}
            <code>{did}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

function Contents({ vault, network, coins, contacts, enter, goTo }: Holdings & Pick<WindowProps, "enter" | "goTo">) {
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
      <PaymentForm enter={enter} contacts={contacts} />
      <Names contacts={contacts} unlocked={vault.unlocked} goTo={goTo} />
      <h3>{words.coins}</h3>
      {coins.coins.length === 0 ? <p>{words.noCoins}</p> : null}
    </>
  );
}

/** The window. */
export function WalletWindow({ client, enter, goTo, onClose }: WindowProps) {
  const ask = useCallback(() => load(client), [client]);
  const { value, refusal } = useAnswer(client, ask, renewing);
  return (
    <WindowFrame name="wallet" busy={value === null} onClose={onClose}>
      <RefusalNote message={refusal?.message ?? null} />
      {value === null ? null : (
        <>
          <Contents {...value} enter={enter} goTo={goTo} />
          {value.coins === null ? null : <CoinList coins={value.coins.coins} go={(at) => goTo("explorer", at)} />}
        </>
      )}
      <SameCommand command="balance" />
    </WindowFrame>
  );
}
