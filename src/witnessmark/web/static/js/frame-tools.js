// What each tool draws, and the fields of the mark that comes of it; docs/lines/*.md describe the fields.
const columns = (points) => {
  const xs = points.map((point) => point[0]);
  return [Math.min(...xs), Math.max(...xs)];
};

export const TOOLS = {
  line: { hint: "Click along the line between ground and sky; it snaps to the edge. Then: Finish this line.", least: 2, edit: (points) => ({ kind: "line", points_px: [...points] }) },
  sky: { hint: "Draw a stroke over what is sky, then: Finish this line.", drag: true, least: 2, edit: (points) => ({ kind: "sky", points_px: [...points] }) },
  ground: { hint: "Draw a stroke over what is ground, then: Finish this line.", drag: true, least: 2, edit: (points) => ({ kind: "ground", points_px: [...points] }) },
  ignore: { hint: "Click the left and right end of columns that something hides: people, smoke, cloud.", least: 2, edit: (points) => ({ kind: "ignore", span_px: columns(points) }) },
  "at-most": { hint: "Click along what the terrain does not rise above.", least: 2, edit: (points) => ({ kind: "at-most", points_px: [...points] }) },
  inner: { hint: "Click along a ridge in front of the skyline.", least: 2, edit: (points) => ({ kind: "inner", points_px: [...points] }) },
  shadow: { hint: "Click three points: top of the upright object, its base, the tip of its shadow.", points: 3, names: ["top", "base", "tip"], done: "Top, base and tip are set." },
  vertical: { hint: "Click top and base of something upright.", points: 2, names: ["top", "base"], done: "Top and base are set." },
  horizon: { hint: "Click points on a level horizon, such as the sea's.", least: 2 },
  "sun-disc": { hint: "Click the middle of the sun.", points: 1, names: ["middle"], done: "The middle is set." },
  box: { hint: "Click two opposite corners of the emblem, patch or piece of dress.", points: 2, names: ["corner", "opposite corner"], done: "The box is set." },
};

export function bodyOf(tool, points, line, sigma_px, edits) {
  switch (tool.name) {
    case "shadow":
      return { top_px: points[0], base_px: points[1], tip_px: points[2], sigma_px, flat: null };
    case "vertical":
      return { top_px: points[0], base_px: points[1], sigma_px };
    case "horizon":
      return { points_px: points, sigma_px };
    case "sun-disc":
      return { centre_px: points[0], sigma_px };
    case "box": {
      const [left, right] = [points[0][0], points[1][0]].sort((a, b) => a - b);
      const [top, bottom] = [points[0][1], points[1][1]].sort((a, b) => a - b);
      return { left_px: left, top_px: top, width_px: right - left, height_px: bottom - top };
    }
    default: {
      const fields = ["image", "hfov_deg", "eye_height_m", "sigma_px", "skyline_px", "ignore_px", "at_most_px", "inner_px", "peaks", "pitch_deg", "roll_deg"];
      const body = Object.fromEntries(fields.filter((name) => name in line).map((name) => [name, line[name]]));
      return { ...body, edits };
    }
  }
}

// The lines a saved mark is drawn as.
export function pointsOf(mark) {
  const body = mark.body;
  switch (mark.kind) {
    case "skyline":
      return [body.skyline_px || []];
    case "shadow":
      return [[body.top_px, body.base_px, body.tip_px].filter(Boolean)];
    case "vertical":
      return [[body.top_px, body.base_px]];
    case "horizon":
      return [body.points_px || []];
    case "emblem-box": {
      const { left_px: x, top_px: y, width_px: w, height_px: h } = body;
      return [[[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]];
    }
    case "sun-disc": {
      const [x, y] = body.centre_px || [0, 0];
      return [[[x - 8, y], [x + 8, y]], [[x, y - 8], [x, y + 8]]];
    }
    default:
      return [];
  }
}
