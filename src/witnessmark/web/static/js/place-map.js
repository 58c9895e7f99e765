// <place-map>: relief and posterior as tiles of our own, ranked viewpoints, names; the only place that knows Leaflet.
import * as L from "/leaflet/leaflet-src.esm.js";

class PlaceMap extends HTMLElement {
  async connectedCallback() {
    const answer = await fetch(this.dataset.facts, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const facts = await answer.json();
    if (!facts.region_deg) return;
    const [west, south, east, north] = facts.region_deg;
    const region = L.latLngBounds([south, west], [north, east]);
    const pane = document.createElement("div");
    pane.className = "map";
    const before = this.querySelector("img");
    this.prepend(pane);
    if (before) before.hidden = true;
    const map = L.map(pane, { zoomSnap: 0.5, attributionControl: false, preferCanvas: false, maxZoom: 17 });
    const layers = {};
    if ("relief" in this.dataset) {
      layers.Relief = L.tileLayer(`${this.dataset.tiles}/relief/{z}/{x}/{y}`, { maxZoom: 17 }).addTo(map);
    }
    if (this.dataset.assessment) {
      layers.Posterior = L.tileLayer(`${this.dataset.tiles}/${this.dataset.assessment}/{z}/{x}/{y}`, { maxZoom: 17, opacity: 0.75 }).addTo(map);
    }
    layers.Region = L.rectangle(region, { color: "#1f5a70", weight: 1.5, fill: false }).addTo(map);
    layers.Viewpoints = L.layerGroup(facts.viewpoints.map((place) => this.viewpoint(place))).addTo(map);
    layers.Names = L.layerGroup(facts.names.map((place) => this.named(place))).addTo(map);
    L.control.layers(null, layers, { collapsed: false }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    map.fitBounds(region);
    if (layers.Posterior) this.append(this.slider(layers.Posterior));
  }

  text(words) {
    const made = document.createElement("span");
    made.textContent = words;
    return made;
  }

  viewpoint(place) {
    const at = [place.lat_deg, place.lon_deg];
    const turn = (place.heading_deg * Math.PI) / 180;
    const reach = 0.004;
    const ahead = [at[0] + reach * Math.cos(turn), at[1] + (reach * Math.sin(turn)) / Math.cos((at[0] * Math.PI) / 180)];
    const words = `${place.exhibit}, place ${place.number}: heading ${place.heading_deg.toFixed(1)} degrees, ${(100 * place.probability).toFixed(0)} % within 1 km`;
    const dot = L.circleMarker(at, { radius: place.number === 1 ? 7 : 5, color: "#fff", weight: 1.5, fillColor: "#1f5a70", fillOpacity: 1 });
    return L.featureGroup([dot, L.polyline([at, ahead], { color: "#1f5a70", weight: 2 })]).bindPopup(this.text(words));
  }

  named(place) {
    const dot = L.circleMarker([place.lat_deg, place.lon_deg], { radius: 3, color: "#333", weight: 1, fillColor: "#fff", fillOpacity: 1 });
    return dot.bindTooltip(this.text(place.name), { permanent: true, direction: "right", className: "place-name" });
  }

  slider(layer) {
    const label = document.createElement("label");
    label.textContent = "Posterior, how opaque ";
    const range = document.createElement("input");
    Object.assign(range, { type: "range", min: "0", max: "1", step: "0.05", value: "0.75" });
    range.addEventListener("input", () => layer.setOpacity(Number(range.value)));
    label.append(range);
    return label;
  }
}

customElements.define("place-map", PlaceMap);
