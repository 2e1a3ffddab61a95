import { expect, it, onTestFinished } from 'vitest';
import { animatedPng } from '../../tools/apng.ts';
import { openBrowser } from './browser.ts';

it('makes one picture of many: Chromium shows each frame as it was', async () => {
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 64, height: 48 } });
  await page.route('**', (route) => route.fulfill({ contentType: 'text/html', body: 'text' }));
  await page.goto('http://localhost/');
  const pixelsOf = (png: Buffer) =>
    page.evaluate<[ms: number, pixels: string][]>(`(async () => {
      const data = Uint8Array.from(atob('${png.toString('base64')}'), (byte) => byte.charCodeAt(0));
      const decoder = new ImageDecoder({ type: 'image/png', data });
      await Promise.all([decoder.completed, decoder.tracks.ready]);
      const context = new OffscreenCanvas(64, 48).getContext('2d');
      const frames = Array.from({ length: decoder.tracks.selectedTrack.frameCount }, async (_, frameIndex) => {
        const { image } = await decoder.decode({ frameIndex });
        context.drawImage(image, 0, 0);
        return [image.duration / 1000, context.getImageData(0, 0, 64, 48).data.join()];
      });
      return Promise.all(frames);
    })()`);
  const frames: { png: Buffer; ms: number }[] = [];
  for (const body of ['text', '<b>text</b>', '<b>text</b>', '<i style="color: red">other</i>']) {
    await page.setContent(body);
    frames.push({ png: await page.screenshot(), ms: 100 * frames.length });
  }
  const expected = frames.map(async ({ png, ms }) => [ms, (await pixelsOf(png))[0]?.[1]]);
  expect(await pixelsOf(animatedPng(frames))).toEqual(await Promise.all(expected));
});
