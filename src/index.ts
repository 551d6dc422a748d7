/**
 * The library: open an engine, ask it.
 *
 *     await using engine = await openEngine({ root: '/var/lib/stave' });
 *     for (const image of await engine.images.list()) console.log(image.tags, image.size);
 */
export { openEngine } from './engine/open-engine.ts';
