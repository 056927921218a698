/**
 * A payment put together by hand. It becomes the command that would be typed; the terminal shows what it consumes and
 * creates, and asks there.
 * @module
 */
import { type ChangeEvent, useState } from "react";
import type { ContactView } from "#sdk/contract.ts";
import { text } from "../../text.ts";
import { PeopleList } from "../people-list.tsx";
import { RefusalNote } from "../window-frame.tsx";
import { type PaymentWords, paymentCommand } from "./payment-command.ts";

const words = text.windows.walletWords;

const empty: PaymentWords = { to: "", amount: "", memo: "", free: false };

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly numeric?: boolean;
  /** Id of a list of what could be typed. */
  readonly list?: string;
  readonly onChange: (value: string) => void;
}

function Field({ label, value, numeric = false, list, onChange }: FieldProps) {
  return (
    <label className="field">
      {label}
      <input
        value={value}
        inputMode={numeric ? "decimal" : "text"}
        list={list}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={(event: ChangeEvent<HTMLInputElement>) => onChange(event.target.value)}
      />
    </label>
  );
}

interface PaymentFormProps {
  readonly contacts: readonly ContactView[];
  readonly enter: (command: string) => void;
}

/** The form. */
export function PaymentForm({ enter, contacts }: PaymentFormProps) {
  const [payment, setPayment] = useState(empty);
  const [refusal, setRefusal] = useState<string | null>(null);
  const set = (part: Partial<PaymentWords>): void => {
    setPayment({ ...payment, ...part });
    setRefusal(null);
  };
  const command = paymentCommand(payment);
  return (
    <form
      aria-labelledby="pay-title"
      onSubmit={(event) => {
        event.preventDefault();
        if (command.ok) enter(command.value);
        else setRefusal(command.message);
      }}
    >
      <h3 id="pay-title">{words.pay}</h3>
      <Field label={words.to} value={payment.to} list="people" onChange={(to) => set({ to })} />
      <PeopleList id="people" contacts={contacts} />
      <Field label={words.amount} value={payment.amount} numeric onChange={(amount) => set({ amount })} />
      <Field label={words.memo} value={payment.memo} onChange={(memo) => set({ memo })} />
      <label className="cap">
        <span>
          <input type="checkbox" checked={payment.free} onChange={() => set({ free: !payment.free })} /> {words.free}
        </span>
      </label>
      <RefusalNote message={refusal} />
      <button type="submit" className="start">
        {words.review} <code>{command.ok ? command.value : "pay …"}</code>
      </button>
    </form>
  );
}
