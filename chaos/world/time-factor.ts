/** How many seconds of the world pass in one: a confirmation after 90 seconds comes after 1.5. */
export const timeFactor = 60;
