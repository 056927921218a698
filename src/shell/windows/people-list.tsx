/**
 * Names that a field for an address offers, each with the address it stands for.
 * @module
 */
import type { ContactView } from "#sdk/contract.ts";
import { marked } from "../contacts.ts";

/** The list; a field refers to it by its id. */
export function PeopleList({ id, contacts }: { readonly id: string; readonly contacts: readonly ContactView[] }) {
  return (
    <datalist id={id}>
      {contacts.map(({ name, did }) => (
        <option key={name} value={marked(name)}>
          {did}
        </option>
      ))}
    </datalist>
  );
}
