export default function Area() {
  return <main className="page" id="main" />;
}
