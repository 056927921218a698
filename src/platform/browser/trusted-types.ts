/**
 * The page's one Trusted Types policy: scripts may only be our own hashed assets and the service worker, markup from
 * strings is refused.
 * It is the default policy because workers are made by adapters that know nothing of policies.
 * @module
 */

/** Where the service worker is: the one script without a hash in its name, because its address must stay. */
export const serviceWorkerPath = "/service-worker.js";

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown;
}

/** Installs the policy where the browser enforces Trusted Types; elsewhere the content security policy still holds. */
export function installTrustedTypes(scope: {
  readonly location: { readonly origin: string };
  readonly trustedTypes?: PolicyFactory;
}): void {
  scope.trustedTypes?.createPolicy("default", {
    createScriptURL: (url) => {
      const { origin, pathname } = new URL(url, scope.location.origin);
      const isOurs = pathname.startsWith("/assets/") || pathname === serviceWorkerPath;
      if (origin === scope.location.origin && isOurs) return url;
      throw new TypeError(`Refused to load a script from ${origin}${pathname}.`);
    },
  });
}
