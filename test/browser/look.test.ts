import { it } from 'vitest';
import { createPlace } from '../processes/support.ts';
import { launchBrowser } from './browser.ts';
import { growGrove, startInspected } from './nodes.ts';

it('looks', async () => {
  const place = createPlace();
  const browser = await launchBrowser();
  const shot = async (page, name, fullPage = false) =>
    page.screenshot({ path: `/tmp/webtry/${name}.png`, fullPage });
  try {
    const [a, b] = await growGrove(place, ['clinic-1', 'clinic-2', 'clinic-3', 'clinic-4']);
    const lone = await startInspected(place, 'lone');
    const l = await browser.open(lone, { height: 600 });
    await shot(l, 'outside');
    const page = await browser.open(a, { dark: true, height: 1000 });
    const phone = await browser.open(a, { touch: true, width: 390, height: 844 });
    const m = await browser.open(b, { view: 'machines', height: 900, width: 1440 });
    const mp = await browser.open(b, { view: 'machines', touch: true, width: 390, height: 844, dark: true });
    const c = await browser.open(a, { view: 'convergence', height: 700, dark: true });
    await a.ask('grove', 'param', 'set', 'greeting', 'kia ora');
    await a.ask('grove', 'param', 'set', 'greeting', 'mōrena');
    await a.ask('grove', 'param', 'set', 'dns-server', '10.0.0.53');
    await page.locator('[data-param="greeting"]').waitFor();
    await page.getByLabel('History of greeting').click();
    await shot(page, 'grove-dark');
    await shot(phone, 'grove-phone', true);
    await page.getByRole('button', { name: 'Invite…' }).click();
    await page.getByLabel('Fingerprint of the new node').fill(lone.fingerprint);
    await page.getByLabel('Label', { exact: true }).fill('clinic-5');
    await shot(page, 'invite');
    await page.getByRole('button', { name: 'Invite', exact: true }).click();
    await page.locator('.code svg').waitFor();
    await shot(page, 'invited');
    await m.locator('button.actor', { hasText: 'peer clinic-1' }).click();
    for (let i = 0; i < 5; i++) await a.ask('grove', 'param', 'set', 'greeting', `kia ora ${i}`);
    await m.waitForTimeout(500);
    await shot(m, 'machines');
    await m.getByRole('button', { name: 'Pause' }).click();
    await m.getByRole('button', { name: 'Actions' }).click();
    await m.locator('button.actor', { hasText: 'supervisor' }).first().click();
    await m.waitForTimeout(300);
    await shot(m, 'machines-supervisor');
    await c.waitForTimeout(500);
    await shot(c, 'convergence-dark');
    await shot(mp, 'machines-phone');
    for (const part of ['Actors', 'Details', 'Events']) {
      await mp.getByRole('button', { name: part, exact: true }).tap();
      if (part === 'Actors') await mp.locator('button.actor', { hasText: 'peer clinic-1' }).tap();
      await mp.waitForTimeout(300);
      await shot(mp, `machines-phone-${part}`);
    }
    console.log(browser.complaints);
  } finally {
    await browser.close();
    await place.clear();
  }
});
