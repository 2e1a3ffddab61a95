export {
  noCredentials as fromIni,
  noCredentials as fromProcess,
  noCredentials as fromSSO,
  noCredentials as fromTokenFile,
};

/**
 * Stands in a bundle for the AWS SDK's ways to credentials that no Lambda function goes: profiles, single
 * sign-on, a process of one's own, token files. What the SDK tries before them stays as it is, the
 * environment, and so does what it tries after them, the address of a container's credentials: this only
 * says, as a machine with none of these would, that there is nothing here. They were a fifth of each bundle.
 *
 * Lambda puts the credentials of a function's role into the environment.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
function noCredentials() {
  return async (): Promise<never> => {
    throw Object.assign(new Error('There are no AWS credentials in the environment'), {
      // The SDK's own sign for its chain of providers to go on with the next one.
      tryNextLink: true,
    });
  };
}
