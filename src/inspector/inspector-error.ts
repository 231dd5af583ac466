/** Why the inspector cannot be served; the message is for the operator. */
export class InspectorError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InspectorError';
  }
}
