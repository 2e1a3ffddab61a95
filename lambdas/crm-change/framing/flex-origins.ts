/**
 * Where Flex runs in an agent's browser, as https origins on the default port. A page is shown in a
 * frame only where it allows all of them.
 * Source: https://www.twilio.com/docs/flex/admin-guide/setup/secure-iframe
 */
export const flexOrigins: readonly string[] = ['https://flex.twilio.com'];
