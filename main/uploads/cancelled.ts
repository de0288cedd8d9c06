/** Thrown through the layers of reading when the person has cancelled. */
export class Cancelled extends Error {}
