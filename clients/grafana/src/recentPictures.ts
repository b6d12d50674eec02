import type { Picture } from './picture';

/** As many panels as may run at once. */
const most = 100;

/**
 * The last pictures of some panels. A panel that is refreshed while the server is away has to say so without losing what
 * it showed, and Grafana shows with an error only what comes with it.
 */
export class RecentPictures {
  private readonly pictures = new Map<string, Picture>();

  /** Keeps the picture of a place as its newest one; the places longest unused go. */
  keep(place: string, picture: Picture): void {
    this.pictures.delete(place);
    this.pictures.set(place, picture);
    for (const oldest of this.pictures.keys()) {
      if (this.pictures.size <= most) {
        break;
      }
      this.pictures.delete(oldest);
    }
  }

  find(place: string): Picture | undefined {
    return this.pictures.get(place);
  }
}
