/**
 * What `man` says of the commands in commands/hardware.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  tsu: "A sampling unit draws low-energy states of an Ising instance; every block carries one such sample. This page has an emulated unit built in and always says so. `tsu connect` takes a device over Web Serial or WebUSB (Chromium on a desktop); the browser asks which one, so type the command and press Enter yourself. A device that passes its first test also draws the energy samples of the blocks this tab makes, in between your own use; `activity` says who drew. If the device is unplugged, hangs, sends nonsense or speaks another version, you are told, and the emulated unit takes over. `tsu sample` draws from an instance of the kind blocks use and costs nothing but time. `tsu health` runs the tests of SP 800-90B on 1024 samples of each spin: spins that fail are left out, and a device of which a quarter fail is not used for randomness any more. Energy is shown only as a device measures it. The protocol for makers of devices is in src/protocol/hardware/README.md.",
};
