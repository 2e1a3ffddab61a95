import * as z from 'zod';
import { oneOf } from './setting.ts';

/** What stays where it is when the stack is destroyed; the key that it is encrypted with stays with it. */
export const StackKeep = z
  .array(oneOf(['logs', 'deadLetters']), 'must be a list of logs and deadLetters')
  .default([])
  .meta({
    value: 'a list of logs and deadLetters',
    description:
      'What stays where it is when the stack is destroyed; the key that it is encrypted with stays with it.',
    example: ['logs', 'deadLetters'],
  });
