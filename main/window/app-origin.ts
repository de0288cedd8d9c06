/** The page's own scheme: unlike file:, it is an origin, and gives no way to other files of the computer. */
export const APP_SCHEME = 'app';
export const APP_HOST = 'console';
export const APP_ORIGIN = `${APP_SCHEME}://${APP_HOST}`;
export const APP_ADDRESS = `${APP_ORIGIN}/`;
