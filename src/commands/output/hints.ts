/** How to let a source go on that was paused to ask its owner. */
export function resumeHint(login: string): string {
  return `Nothing is fetched from it until you say that this is right: "waypost fetch ${login} --resume"`;
}
