import { command } from '../command.ts';

/** `image tag`. */
export const imageTag = command({
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  operands: [2, 2],
  flags: {},
  examples: [
    ['A second name for an image', 'stave tag app:v1 registry.example.com/team/app:v1'],
    ['A name for an image that has none', 'stave tag 0e5574283393 app'],
  ],

  async run({ operands, engine }) {
    const [source = '', target = ''] = operands;
    await (await engine()).images.tag(source, target);
  },
});
