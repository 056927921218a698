/**
 * What service worker and tabs say to each other about files that everybody may read (`/ipfs/<cid>`): the worker asks all
 * tabs, goes on with the first that takes it, and asks for one part after another, on a port of its own.
 * @module
 */

/** The request; the same as interchange/gateway answers. */
export interface PublicRequest {
  readonly method: "GET";
  readonly path: string;
  readonly range: string | null;
  readonly ifRange: string | null;
  readonly ifNoneMatch: string | null;
}

/** From the worker to a tab, with a port. */
export interface PublicQuestion {
  readonly type: "public";
  readonly request: PublicRequest;
}

/** From the worker on the port: answer it; give the next part; no more is needed. */
export type PublicWish = "answer" | "next" | "cancel";

/** From the tab on the port. Behind `end` and `broken` nothing follows. */
export type PublicPart =
  | { readonly type: "taken" | "end" | "broken" }
  | {
      readonly type: "head";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly hasBody: boolean;
    }
  | { readonly type: "part"; readonly bytes: Uint8Array };
