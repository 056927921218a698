/**
 * What a file that strangers made is called by a server under whose name the app runs, too. A short list: everything else is
 * handed over as a download. No script is ever called one, so that no page of this origin can be made to run it.
 * @module
 */
import { decodeUtf8 } from "#protocol/codec/utf8.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  htm: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  md: "text/plain; charset=utf-8",
  csv: "text/plain; charset=utf-8",
  log: "text/plain; charset=utf-8",
  json: "application/json",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  svg: "image/svg+xml",
  ico: "image/x-icon",
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  wav: "audio/wav",
  mp4: "video/mp4",
  webm: "video/webm",
};

const plainText = "text/plain; charset=utf-8";
const download = "application/octet-stream";

/** How many of a file's first bytes show whether it is text. */
const tellingBytes = 4_096;

/** Whether bytes are text as far as they go; the last letter may be cut off. */
function isText(start: Uint8Array): boolean {
  const ends = [0, 1, 2, 3].map((cut) => Math.max(0, start.length - cut));
  return !start.includes(0) && ends.some((end) => decodeUtf8(start, 0, end) !== undefined);
}

/** The type of a file by its name; of one without a name, whether its bytes, if they are here, begin as text does. */
export function contentTypeOf(name: string | null, start: Uint8Array | null): string {
  if (name === null) return start !== null && isText(start.subarray(0, tellingBytes)) ? plainText : download;
  const ending = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return (Object.hasOwn(types, ending) ? types[ending] : undefined) ?? download;
}

/** How a file is handed over: shown, or, whatever is of no type here, as a download of that name. */
export function dispositionOf(type: string, name: string): string {
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${type === download ? "attachment" : "inline"}; filename*=UTF-8''${encoded}`;
}
