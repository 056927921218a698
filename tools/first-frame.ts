/**
 * What the build puts into index.html so that the page is there before its scripts are: the first frame, made from the same
 * components as the app.
 * @module
 */
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import type { Plugin } from "vite";
import { FirstFrame } from "../src/shell/page-frame.tsx";

const place = '<div id="root"></div>';

/** Writes the frame into the page. */
export function firstFrame(): Plugin {
  return {
    name: "aether-first-frame",
    transformIndexHtml: {
      order: "post",
      handler: (html) => {
        if (!html.includes(place)) throw new Error(`index.html has no ${place}`);
        const frame = renderToStaticMarkup(createElement(FirstFrame));
        // What is painted first needs the style sheet and none of the scripts.
        return html
          .replace(place, `<div id="root">${frame}</div>`)
          .replaceAll(/<script type="module"|<link rel="modulepreload"/g, '$& fetchpriority="low"');
      },
    },
  };
}
