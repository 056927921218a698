/**
 * What of a file can be shown, below the list: a picture or the beginning of a text.
 * @module
 */
import { useEffect, useState } from "react";
import type { HomeFile } from "#sdk/home-files.ts";
import { sanitise } from "../../terminal/sanitise.ts";
import { text } from "../../text.ts";
import { RefusalNote, type WindowProps } from "../window-frame.tsx";
import { previewOf, type Preview as Shown } from "./preview-kind.ts";

const words = text.windows.filesWords.preview;

interface PreviewProps extends Pick<WindowProps, "environment"> {
  readonly file: HomeFile;
}

/** What was read; a refusal is its words, null: nothing yet. */
function useShown({ environment, file: { path, changedMs } }: PreviewProps): Shown | string | null {
  const [read, setRead] = useState<{ readonly of: string; readonly shown: Shown | string } | null>(null);
  // A file that has changed is another one.
  const of = `${changedMs} ${path}`;
  useEffect(() => {
    let isAsked = true;
    const show = async (): Promise<void> => {
      const source = await environment.files.open(path);
      const shown = source.ok ? await previewOf(source.value) : source.message;
      if (isAsked) setRead({ of, shown });
    };
    void show();
    return () => {
      isAsked = false;
    };
  }, [environment, path, of]);
  return read?.of === of ? read.shown : null;
}

/** The part of the window. */
export function Preview({ environment, file }: PreviewProps) {
  const shown = useShown({ environment, file });
  const name = sanitise(file.path);
  if (shown === null) return <p role="status">{text.windows.loading}</p>;
  if (typeof shown === "string") return <RefusalNote message={shown} />;
  switch (shown.kind) {
    case "picture":
      return <img className="preview" src={shown.address} alt={words.picture(name)} />;
    case "none":
      return <p>{shown.why === "bytes" ? words.bytes : words.large}</p>;
    case "text":
      return (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable (WCAG 2.1.1). */}
          <section className="preview" aria-label={words.text(name)} tabIndex={0}>
            <pre>{shown.lines.join("\n")}</pre>
          </section>
          {shown.isWhole ? null : <p>{words.goesOn}</p>}
        </>
      );
  }
}
