/**
 * The sdk's requests about messages on a node that may still be starting.
 * @module
 */
import type { MailRequests } from "#sdk/mail.ts";
import { guarded } from "../guarded.ts";
import type { Mail } from "./mail.ts";

/** Makes the handlers; a failing store becomes a refusal. */
export function mailRequests(mail: () => Mail): MailRequests {
  return {
    receiveMail: (credentials) => guarded(() => mail().receive(credentials)),
    mailKey: (keyHash) => guarded(() => mail().key(keyHash)),
    sendMail: (sealed, to) => guarded(() => mail().send(sealed, to)),
    collectMail: () => guarded(() => mail().collect()),
    mail: () => guarded(() => mail().list()),
    sentMail: () => guarded(() => mail().sent()),
    markMailRead: (id) => guarded(() => mail().markRead(id)),
    deleteMail: (id) => guarded(() => mail().delete(id)),
  };
}
