export {
  noCredentials as fromIni,
  noCredentials as fromProcess,
  noCredentials as fromSSO,
  noCredentials as fromTokenFile,
};

/**
 * Replaces the credential providers of the AWS SDK that no Lambda function uses: profiles, single sign-on,
 * processes, token files. They were a fifth of each bundle. The providers before them (environment) and after
 * them (container) stay: this one answers like a machine that has no such credentials.
 *
 * Lambda puts the credentials of the role into the environment.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
function noCredentials() {
  return async (): Promise<never> => {
    throw Object.assign(new Error('There are no AWS credentials in the environment'), {
      // The SDK's chain of providers continues with the next one.
      tryNextLink: true,
    });
  };
}
