/**
 * What `man` says of the commands in commands/appearance.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  appearance:
    "Without an option it says what is chosen. auto follows the device. The choice stays on this device. Whether things move, and how large all of the page is, the page takes from the browser and the device.",
};
