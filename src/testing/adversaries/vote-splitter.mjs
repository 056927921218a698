/**
 * An adversary for `npm run simulate -- --adversary src/testing/adversaries/vote-splitter.mjs`: tells every node what it likes
 * to hear, so that each side of a partition counts the same stake for itself.
 * @module
 */

/** Stakes it holds. */
export const voters = 2;

/** @param {import("../simulation/adversary.ts").AdversaryWorld} world */
export default function splitVotes(world) {
  const tell = () => {
    for (const name of world.names()) {
      for (const link of world.links(name)) {
        for (const secret of world.secrets) {
          void world.vote(secret, link).then((message) => world.send([name], "vote", message));
        }
      }
    }
    world.schedule(1_000 + 500 * world.random(), tell);
  };
  tell();
}
