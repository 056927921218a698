import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PeerView } from "#sdk/contract.ts";
import { peerPlaces, pictureSize } from "./peer-places.ts";

const peer = (id: string, latencyMs: number | null): PeerView => ({ id, latencyMs }) as PeerView;
const middle = { x: pictureSize.width / 2, y: pictureSize.height / 2 };

describe("the picture of the network", () => {
  it("holds every peer, none upon another or upon this tab", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.option(fc.nat(5_000))), {
          selector: ([id]) => id,
          maxLength: 32,
        }),
        (drawn) => {
          const placed = peerPlaces(drawn.map(([id, latencyMs]) => peer(id, latencyMs)));
          expect(placed).toHaveLength(drawn.length);
          for (const { x, y } of placed) {
            expect(x).toBeGreaterThan(8);
            expect(x).toBeLessThan(pictureSize.width - 8);
            expect(y).toBeGreaterThan(8);
            expect(y).toBeLessThan(pictureSize.height - 8);
            expect(Math.hypot(x - middle.x, y - middle.y)).toBeGreaterThan(24);
          }
          expect(new Set(placed.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`)).size).toBe(drawn.length);
        },
      ),
    );
  });

  it("puts who answers sooner nearer, and who has not answered at the edge", () => {
    const reach = (latencyMs: number | null): number => {
      const [placed] = peerPlaces([peer("a", latencyMs)]);
      return Math.hypot((placed?.x ?? 0) - middle.x, (placed?.y ?? 0) - middle.y);
    };
    expect(reach(5)).toBeLessThan(reach(50));
    expect(reach(50)).toBeLessThan(reach(500));
    expect(reach(500)).toBeLessThan(reach(null));
  });
});
