import * as z from 'zod';
import { whenValid } from './about.ts';
import { removeCommand } from './commands.ts';

const maxTags = 40;
const allowedCharacters = 'letters, digits, spaces and _.:/=+@-';

/**
 * What all that is made is tagged with, beside `application` and `stack`. AWS takes 50 tags of a resource.
 * Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export const StackTags = z
  .record(
    z
      .string()
      .regex(/^[\p{L}\p{N} _.:/=+@-]{1,128}$/u, `must have 1 to 128 ${allowedCharacters}`)
      .refine((key) => !/^aws:/i.test(key), 'must not begin with aws:'),
    z
      .string('must be text')
      .regex(/^[\p{L}\p{N} _.:/=+@-]{0,256}$/u, `must have 256 ${allowedCharacters} at most`),
    'must hold each tag by its key',
  )
  .refine((tags) => Object.keys(tags).length <= maxTags, {
    error: `must hold ${maxTags} tags at most`,
    params: { command: removeCommand(['tags', '<key>']) },
    ...whenValid(),
  })
  .refine(
    (tags) =>
      new Set(Object.keys(tags).map((key) => key.toLowerCase())).size === Object.keys(tags).length,
    {
      error: 'must not hold two keys that differ in case alone: IAM takes them for one',
      params: { command: removeCommand(['tags', '<key>']) },
      ...whenValid(),
    },
  )
  .default({})
  .meta({
    value: `${maxTags} tags at most, each text by its key: ${allowedCharacters}`,
    description:
      'Tags on all that is made, beside `application` and `stack`, which are there by themselves. One of yours by such a name, in whatever case, takes its place.',
    example: { 'cost-center': 'contact-center' },
  });
