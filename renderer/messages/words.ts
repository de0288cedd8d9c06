/** What a message says: what happened, and what the person can do next. */
export interface Words {
  readonly title: string;
  readonly next: string;
}
