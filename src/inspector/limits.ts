/** Every bound of the inspector's server, in one place. */

/** Bytes of a request's body; the operator interface has the same bound. */
export const bodyBytesMax = 1_048_576;
/** Bytes of one message a page sends over its feed. */
export const feedRequestBytesMax = 4_096;
/** Messages of one page in a second; a page sends a handful when a view is opened. */
export const feedRequestsPerSecondMax = 50;
/** Feeds open at once. */
export const feedsMax = 32;
/** Tools attached to /inspect at once: each is sent whole contexts. */
export const toolsMax = 4;
/** Connections of browsers and scrapers at once. */
export const connectionsMax = 128;
/** What happened is collected this long, then sent in one frame. */
export const batchMs = 50;
/** Bytes that wait in this process for one page; while there are more, the page gets nothing new. */
export const waitingBytesMax = 524_288;
/** Records of the actors that are kept for pages that read slowly, and for a bug report. */
export const recordsKept = 4_096;
/** Events of the log in one frame. */
export const eventsPerFrameMax = 256;
/** Bytes of one record as JSON; a longer one is shown without its fields. */
export const recordBytesMax = 4_096;
/** How often a page must show that it is still there. */
export const heartbeatMs = 30_000;
/** A session, from the exchange of the token or its last renewal. */
export const sessionMs = 24 * 60 * 60_000;
/** Sessions that were ended before their time and are remembered. */
export const endedSessionsMax = 1_000;
/** Bytes of one file of the page. */
export const assetBytesMax = 8_388_608;
/** Files of the page. */
export const assetsMax = 512;

/** What is shown of a value: beyond these it is cut, and says so. */
export const shownCharactersMax = 200;
export const shownEntriesMax = 32;
