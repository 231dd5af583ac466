/** Which controls have no name, by the tree that Chromium itself gives to a screen reader. */
import type { CDPSession, Page } from 'playwright-core';

/** What a person can act on, as the browser calls it. */
const controlRoles = new Set([
  'button',
  'checkbox',
  'combobox',
  'dialog',
  'link',
  'listbox',
  'menuitem',
  'option',
  'radio',
  'searchbox',
  'slider',
  'spinbutton',
  'switch',
  'tab',
  'textbox',
  'treeitem',
  'DisclosureTriangle',
]);

/** The same by their markup, so that what the tree leaves out is noticed. */
const controlSelector = [
  'button',
  'a[href]',
  'input',
  'select',
  'textarea',
  'summary',
  '[role=button], [role=tab], [role=treeitem], [role=menuitem], [role=link], [role=checkbox], [role=switch]',
  'svg[tabindex], svg [tabindex], [tabindex="0"]',
].join(', ');

export interface Controls {
  /** Every control that has a name, as a screen reader says it: role and name. */
  readonly named: readonly string[];
  /** Every other: its role and its markup. */
  readonly unnamed: readonly string[];
  /** What can be seen and acted on, and is not in the tree. */
  readonly missing: readonly string[];
}

interface Node {
  readonly role: string;
  readonly name: string;
  readonly isFocusable: boolean;
  readonly backendNodeId: number;
}

export async function readControls(page: Page): Promise<Controls> {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send('DOM.enable');
    await session.send('Accessibility.enable');
    // The page lives on: what is drawn between the two looks is in the later one, the tree.
    const inMarkup = await controlsInMarkup(session);
    const nodes = await accessibleNodes(session);
    // The whole page and what the skip link leads to take the focus, and are no controls.
    const controls = nodes.filter(
      ({ role, isFocusable }) =>
        controlRoles.has(role) || (isFocusable && role !== 'RootWebArea' && role !== 'main'),
    );
    const unnamed = controls.filter(({ name }) => name.trim() === '');
    return {
      named: controls.filter((one) => !unnamed.includes(one)).map(({ role, name }) => `${role} ${name}`),
      unnamed: await Promise.all(
        unnamed.map(async ({ role, backendNodeId }) => `${role}: ${await markupOf(session, backendNodeId)}`),
      ),
      missing: await missingOf(session, inMarkup, new Set(nodes.map(({ backendNodeId }) => backendNodeId))),
    };
  } finally {
    await session.detach();
  }
}

async function accessibleNodes(session: CDPSession): Promise<readonly Node[]> {
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, properties = [], backendDOMNodeId = 0 }) => ({
      role: String(role?.value ?? ''),
      name: String(name?.value ?? ''),
      isFocusable: properties.some(
        ({ name: property, value }) => property === 'focusable' && value.value === true,
      ),
      backendNodeId: backendDOMNodeId,
    }));
}

/** What a dialog covers is left out on purpose. */
async function controlsInMarkup(session: CDPSession): Promise<readonly number[]> {
  const { root } = await session.send('DOM.getDocument', { depth: 0 });
  const within = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector: 'dialog[open]' });
  const { nodeIds } = await session.send('DOM.querySelectorAll', {
    nodeId: within.nodeId === 0 ? root.nodeId : within.nodeId,
    selector: controlSelector,
  });
  const described = await Promise.all(nodeIds.map((nodeId) => session.send('DOM.describeNode', { nodeId })));
  return described.map(({ node }) => node.backendNodeId);
}

/** What is not drawn is left out on purpose as well. */
async function missingOf(
  session: CDPSession,
  controls: readonly number[],
  known: ReadonlySet<number>,
): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const control of controls.filter((one) => !known.has(one))) {
    if (await isDrawn(session, control)) missing.push(await markupOf(session, control));
  }
  return missing;
}

async function isDrawn(session: CDPSession, backendNodeId: number): Promise<boolean> {
  const { object } = await session.send('DOM.resolveNode', { backendNodeId });
  const { result } = await session.send('Runtime.callFunctionOn', {
    objectId: object.objectId ?? '',
    functionDeclaration: 'function () { return this.checkVisibility({ visibilityProperty: true }); }',
    returnByValue: true,
  });
  return result.value === true;
}

async function markupOf(session: CDPSession, backendNodeId: number): Promise<string> {
  const { outerHTML } = await session.send('DOM.getOuterHTML', { backendNodeId });
  return outerHTML.slice(0, 160);
}
