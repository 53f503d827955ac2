/** Version of this service; `inputs.engine` of a verdict and the version of the API document. */
export const VERSION = '1.0.0';
