/** The two channels of Electron between preload and main; browsers use the socket instead. */
export const CALL_CHANNEL = 'bridge:call';
export const EVENT_CHANNEL = 'bridge:event';
