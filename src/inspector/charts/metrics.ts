/** Sizes of what a chart is made of, in pixels at zoom 1. The page's style sheet and the SVG writer use the same. */

export const fontSize = 12;
/** Advance width of the page's monospaced font, which is the same for every character and weight. */
export const characterWidth = fontSize * 0.632;
export const lineHeight = 17;
export const nameHeight = 26;
export const padding = 10;
/** Between states, and between a state and what surrounds it. */
export const gap = 22;
export const markSize = 12;
export const anyWidth = 66;
export const anyHeight = 22;

export function textWidth(text: string): number {
  return Math.ceil(text.length * characterWidth);
}
