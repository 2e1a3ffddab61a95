/** Fields of a query or a form. An array is sent as one field for each of its values. */
export type FormFields = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Fields as `application/x-www-form-urlencoded`. A space becomes `%20`, never `+`: it means the same
 * in a form and in a query, whoever reads it.
 */
export const encodeForm = (fields: FormFields): string => {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) form.append(name, String(each));
  }
  return form.toString().replaceAll('+', '%20');
};
