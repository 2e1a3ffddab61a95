import * as z from 'zod';
import { about } from './about.ts';

const most = 40;
const letters = 'letters, digits, spaces and _.:/=+@-';

/**
 * What all that is made is tagged with, beside `application` and `stack`. AWS takes 50 tags of a resource.
 * Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export const StackTags = z
  .record(
    z
      .string()
      .regex(/^[\p{L}\p{N} _.:/=+@-]{1,128}$/u, `must have 1 to 128 ${letters}`)
      .refine((key) => !/^aws:/i.test(key), 'must not begin with aws:'),
    z
      .string('must be text')
      .regex(/^[\p{L}\p{N} _.:/=+@-]{0,256}$/u, `must have 256 ${letters} at most`),
    'must hold each tag by its key',
  )
  .refine((tags) => Object.keys(tags).length <= most, {
    error: `must hold ${most} tags at most`,
    ...about(),
  })
  .default({})
  .meta({
    value: `${most} tags at most, each text by its key: ${letters}`,
    description:
      'Tags on all that is made, beside `application` and `stack`, which are there by themselves.',
    example: { 'cost-center': 'contact-center' },
  });
