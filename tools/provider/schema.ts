import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';

/** The type of an attribute: `string`, `["set", "string"]`, `["object", { … }]`. */
export type AttributeType =
  | string
  | readonly [kind: 'list' | 'set' | 'map', element: AttributeType]
  | readonly [kind: 'object', fields: Readonly<Record<string, AttributeType>>];

const AttributeType: z.ZodType<AttributeType> = z.lazy(() =>
  z.union([
    z.string(),
    z.tuple([z.enum(['list', 'set', 'map']), AttributeType]),
    z.tuple([z.literal('object'), z.record(z.string(), AttributeType)]),
  ]),
);

const Attribute = z.object({
  name: z.string(),
  type: z
    .instanceof(Buffer)
    .transform((bytes) => bytes.toString())
    .pipe(jsonText(AttributeType)),
  optional: z.boolean(),
  computed: z.boolean(),
});

export type Attribute = z.infer<typeof Attribute>;

/** A block inside a block. If it may occur at most once, it is an object in Pulumi. */
export interface NestedBlock {
  readonly type_name: string;
  readonly nesting: string;
  readonly max_items: number;
  readonly block: Block;
}

/** The attributes and blocks of a resource, or of a block in it. */
export interface Block {
  readonly attributes: readonly Attribute[];
  readonly block_types: readonly NestedBlock[];
}

const Block: z.ZodType<Block> = z.lazy(() =>
  z.object({
    attributes: z.array(Attribute),
    block_types: z.array(
      z.object({
        type_name: z.string(),
        nesting: z.string(),
        max_items: z.number(),
        block: Block,
      }),
    ),
  }),
);

/** A schema in the form that the provider returns. */
export const Schema = z.object({ block: Block });
