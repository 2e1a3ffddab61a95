/** How a message begins that nobody can read, so that it is known again among the dead letters. */
export const poisonPrefix = 'poison ';
