/** A URL without the password that it may hold for basic authentication. */
export const hidePassword = (text: string): string => {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password === '') return text;
  url.password = '***';
  return url.href;
};
