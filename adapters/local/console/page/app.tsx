import { useRoute } from "./route.ts";

export function App() {
  const route = useRoute();
  return <main id="main">{route.view}</main>;
}
